//! The laws on which the path without a lock rests: what the word lets a call do unasked is what the
//! machine would have said, and would have changed nothing in it.

use super::*;
use crate::breaker::Mode;

/// Knuth's linear congruential generator: the same numbers in every run.
struct Dice(u64);

impl Dice {
    /// Below `sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // The low bits of such a generator are poor.
        (self.0 >> 33) % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let at = usize::try_from(self.roll(from.len() as u64)).unwrap_or_default();
        from[at]
    }

    fn settings(&mut self) -> ConfigBuilder {
        let count = |dice: &mut Self| dice.pick(&[1, 1, 2, 3, u32::MAX]);
        Config::builder()
            .failure_threshold(count(self))
            .success_threshold(count(self))
            .half_open_max_calls(count(self))
            .recovery_timeout(self.pick(&[NANO, SECOND, Duration::MAX]))
            .probe_timeout(self.pick(&[NANO, SECOND, Duration::MAX]))
            .response_times(self.roll(2) == 0)
    }
}

/// How often each law had something to say: a law that is never asked proves nothing.
#[derive(Default, Debug)]
struct Asked {
    pass: u32,
    success: u32,
    open: u32,
    forced_open: u32,
    disabled: u32,
}

fn unchanged(scene: &Scene, act: impl FnOnce(&mut Scene)) {
    let mut after = scene.clone();
    act(&mut after);
    assert_eq!(after.word(), scene.word());
    assert_eq!(after.content(), scene.content());
}

/// What `core` decides by the word, and by the times published with it, the machine decides too.
fn check_admission(scene: &Scene, asked: &mut Asked) {
    let word = scene.word();
    let until = scene.machine.mode_until();
    let expected = if word.lets_pass() {
        asked.pass += 1;
        Ok(Role::Call)
    } else if word.is_forced_open() && scene.now < until {
        asked.forced_open += 1;
        Err(Refused::ForcedOpen)
    } else if word.is_open() && scene.now < scene.machine.opening().until {
        asked.open += 1;
        Err(Refused::Open)
    } else if word.is_disabled() && until == Tick::NEVER {
        asked.disabled += 1;
        Ok(Role::Uncounted)
    } else {
        return;
    };
    unchanged(scene, |scene| {
        let (decision, transition) = scene.ask();
        assert_eq!(decision.map(|call| call.role), expected);
        assert_eq!(transition, None);
    });
}

/// A success of a call that finds the word undisturbed is no news to the machine.
fn check_success(scene: &Scene, (call, undisturbed): (Call, Word), asked: &mut Asked) {
    if call.role == Role::Call && scene.word() == undisturbed {
        asked.success += 1;
        unchanged(scene, |scene| assert_eq!(scene.end(call, Outcome::Success), None));
    }
}

fn step(scene: &mut Scene, calls: &mut Vec<(Call, Word)>, dice: &mut Dice) {
    match dice.roll(16) {
        0..=5 => {
            if let Ok(call) = scene.admit() {
                calls.push((call, scene.word().undisturbed()));
            }
        }
        6..=10 if !calls.is_empty() => {
            let at = dice.roll(calls.len() as u64);
            let (call, _) = calls.swap_remove(usize::try_from(at).unwrap_or_default());
            let outcome = dice.pick(&[
                Outcome::Success,
                Outcome::Failure,
                Outcome::Failure,
                Outcome::Nothing,
            ]);
            scene.end(call, outcome);
        }
        11 => scene.wait(dice.pick(&[NANO, SECOND / 2, SECOND])),
        12 => {
            scene.machine.reset(scene.now);
        }
        13 => {
            let mode = dice.pick(&[
                Mode::Normal,
                Mode::Normal,
                Mode::ForcedOpen,
                Mode::Disabled,
                Mode::MetricsOnly,
            ]);
            let forced = mode == Mode::ForcedOpen && dice.roll(2) == 0;
            let until = if forced { scene.now.after(SECOND) } else { Tick::NEVER };
            scene.machine.set_mode(mode, until, scene.now);
        }
        14 => {
            let generation =
                scene.machine.generation() - dice.roll(2).min(scene.machine.generation());
            scene.machine.set_watched(generation, dice.roll(2) == 0);
        }
        // Rarely, since it cannot be taken back.
        15 if dice.roll(20) == 0 => scene.machine.detach(),
        _ => {}
    }
}

#[test]
fn given_random_histories_when_the_word_decides_then_the_machine_would_have_said_the_same() {
    let mut dice = Dice(42);
    let mut asked = Asked::default();

    for _ in 0..500 {
        let mut scene = Scene::closed(dice.settings());
        let mut calls = Vec::new();
        for _ in 0..100 {
            step(&mut scene, &mut calls, &mut dice);
            check_admission(&scene, &mut asked);
            for &call in &calls {
                check_success(&scene, call, &mut asked);
            }
        }
    }

    let Asked { pass, success, open, forced_open, disabled } = asked;
    let least = [pass, success, open, forced_open, disabled].into_iter().min();
    assert!(least >= Some(1000), "too few cases of some law: {asked:?}");
}

#[test]
fn given_a_row_when_the_word_is_read_then_no_success_finds_it_undisturbed() {
    let mut scene = Scene::closed(settings());
    let (early, word) = (scene.admitted(), scene.word().undisturbed());

    scene.make(Outcome::Failure);

    assert_ne!(scene.word(), word, "the success is news: it has a row to set back");
    scene.end(early, Outcome::Success);
    assert_eq!(scene.word(), word);
}

#[test]
fn given_each_change_when_the_word_is_read_then_it_has_a_new_generation() {
    let changes: [fn(&mut Scene); 5] = [
        |scene| *scene = scene.clone().opened(),
        |scene| {
            scene.wait(RECOVERY);
            scene.admitted();
        },
        |scene| {
            scene.machine.reset(scene.now);
        },
        |scene| scene.machine.set_mode(Mode::Disabled, Tick::NEVER, scene.now),
        |scene| scene.machine.set_mode(Mode::Normal, Tick::NEVER, scene.now),
    ];
    let mut scene = Scene::closed(settings());

    for change in changes {
        let before = scene.word().generation();
        change(&mut scene);
        assert_eq!(scene.word().generation(), before + 1);
    }
}

#[test]
fn given_two_openings_when_the_timer_of_the_first_rings_then_the_second_is_still_watched() {
    let mut scene = Scene::open(settings());
    let first = scene.machine.generation();
    scene.machine.set_watched(first, true);
    assert!(scene.word().is_watched());
    scene.machine.reset(scene.now);
    assert!(!scene.word().is_watched(), "what is closed needs no watching");
    let mut scene = scene.opened();
    scene.machine.set_watched(scene.machine.generation(), true);

    scene.machine.set_watched(first, false);

    assert!(scene.word().is_watched());
    scene.machine.set_watched(scene.machine.generation(), false);
    assert!(!scene.word().is_watched());
}
