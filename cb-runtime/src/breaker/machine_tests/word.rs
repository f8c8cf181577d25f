//! The laws on which the path without a lock rests: what the word lets a call do unasked is what the
//! machine would have said, and would have changed nothing in it.

use super::*;
use crate::{config::Window, window::Counts};

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
            .min_calls(1)
    }

    /// The same, and rates, in a window of calls or of time.
    fn settings_with_rates(&mut self) -> ConfigBuilder {
        let settings = self.settings().failure_rate(self.pick(&[0.5, 1.0])).window(self.pick(&[
            Window::calls(1),
            Window::calls(4),
            Window::time(SECOND),
        ]));
        match self.roll(4) {
            0 => settings.reset_timeout(self.pick(&[SECOND, 3 * SECOND])),
            1 => settings.shed(2.0),
            2 => settings.slow_call(SECOND),
            _ => settings,
        }
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

impl Scene {
    /// The row and the window, as a reader would see them.
    fn seen(&self) -> (u32, Counts) {
        let machine = self.machine.as_of(self.now, &self.config, self.passed);
        (machine.row(), machine.counts(self.now, &self.config))
    }
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

/// A success of a call that finds the word undisturbed changes nothing in the machine but the number
/// of calls in the window, and for that it is enough to know of it later.
fn check_success(scene: &Scene, (call, undisturbed): (Call, Word), asked: &mut Asked) {
    if call.role != Role::Call || scene.word() != undisturbed {
        return;
    }
    asked.success += 1;
    let (mut told, mut counted) = (scene.clone(), scene.clone());
    assert_eq!(told.end(call, Judged::Success), None);
    counted.passed.successes += 1;
    assert_eq!(told.word(), scene.word());
    assert_eq!(told.seen(), counted.seen(), "{:?} {:?}", scene.machine, scene.now);
}

/// Lets time pass, as the timer sees it.
fn wait(scene: &mut Scene, time: Duration, alarm: &mut Option<Tick>) {
    let end = scene.now.after(time);
    if let Some(at) = alarm.take_if(|at| *at <= end) {
        scene.now = at;
        scene.step(Machine::unsettle);
    }
    scene.now = end;
}

fn step(
    scene: &mut Scene,
    calls: &mut Vec<(Call, Word)>,
    alarm: &mut Option<Tick>,
    dice: &mut Dice,
) {
    match dice.roll(16) {
        0..=5 => {
            if let Ok(call) = scene.admit() {
                if call.role == Role::Call && dice.roll(2) == 0 {
                    let settled = scene.machine.settle(scene.now, &scene.config);
                    *alarm = settled.or(*alarm);
                }
                calls.push((call, scene.word().undisturbed()));
            }
        }
        6..=10 if !calls.is_empty() => {
            let at = dice.roll(calls.len() as u64);
            let (call, _) = calls.swap_remove(usize::try_from(at).unwrap_or_default());
            let judged =
                dice.pick(&[Judged::Success, Judged::Failure, Judged::Failure, Judged::Nothing]);
            let slow = scene.config.slow_call().is_some() && dice.roll(3) == 0;
            scene.end(call, Outcome { slow, ..Outcome::from(judged) });
        }
        11 => wait(scene, dice.pick(&[NANO, SECOND / 2, SECOND]), alarm),
        12 => {
            scene.reset();
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
            scene.set_mode(mode, until);
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

    for round in 0..1000 {
        let settings = if round % 2 == 0 { dice.settings() } else { dice.settings_with_rates() };
        let mut scene = Scene::closed(settings);
        let (mut calls, mut alarm) = (Vec::new(), None);
        for _ in 0..100 {
            step(&mut scene, &mut calls, &mut alarm, &mut dice);
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

    scene.make(Judged::Failure);

    assert_ne!(scene.word(), word, "the success is news: it has a row to set back");
    scene.end(early, Judged::Success);
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
            scene.reset();
        },
        |scene| {
            scene.set_mode(Mode::Disabled, Tick::NEVER);
        },
        |scene| {
            scene.set_mode(Mode::Normal, Tick::NEVER);
        },
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
    scene.reset();
    assert!(!scene.word().is_watched(), "what is closed needs no watching");
    let mut scene = scene.opened();
    scene.machine.set_watched(scene.machine.generation(), true);

    scene.machine.set_watched(first, false);

    assert!(scene.word().is_watched());
    scene.machine.set_watched(scene.machine.generation(), false);
    assert!(!scene.word().is_watched());
}
