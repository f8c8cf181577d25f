//! Texts that are no TOML or no JSON.

use super::{json, refused, toml};

#[test]
fn bad_toml_is_told_with_its_line() {
    for (text, told) in [
        (
            "[defaults]\nrecovery_timeout = 30s\n",
            "line 2: this is no TOML: a value that is no number, `true` or `false` stands in quotes, such as `\"30s\"`",
        ),
        (
            "[defaults]\nfailure_threshold = three\n",
            "line 2: this is no TOML: a value that is no number, `true` or `false` stands in quotes, such as `\"30s\"`",
        ),
        (
            "[breakers.orders/db]\nshed = 2\n",
            "line 1: this is no TOML: a name with other characters than letters, digits, `_` and `-` stands in quotes, such as `[breakers.\"orders/db\"]`",
        ),
        (
            "[breakers.orders*]\nshed = 2\n",
            "line 1: this is no TOML: a name with other characters than letters, digits, `_` and `-` stands in quotes, such as `[breakers.\"orders/db\"]`",
        ),
        ("[defaults\nshed = 2", "line 1: this is no TOML: unclosed table, expected `]`"),
        (
            "[defaults]\nshed",
            "line 2: this is no TOML: a key has a value, as in `failure_threshold = 3`, and a table's name stands in brackets, as in `[defaults]`",
        ),
        ("[defaults]\nshed == 2", "line 2: this is no TOML: extra `=`"),
        ("a = \"b\nc = 3", "line 1: this is no TOML: invalid basic string, expected `\"`"),
    ] {
        assert_eq!(refused(&toml(text))[0], told, "{text}");
        assert_eq!(refused(&toml(text)).len(), 1, "{text}");
    }
}

#[test]
fn keys_that_are_given_twice_are_all_told_with_both_lines() {
    let text = "\
[defaults]
shed = 2
backoff = { max = \"1m\",
  factor = 2, factor = 3 }
'shed' = 3
[breakers.db]
shed = 3
[breakers.\"web.db\"]
shed = 3
[ breakers . 'web.db' ] # again
min_calls = 0
[breakers]
db = 3
";
    assert_eq!(
        refused(&toml(text)),
        [
            "line 4: `factor` is given twice, the first time in line 4: leave one out",
            "line 5: `shed` is given twice, the first time in line 2: leave one out",
            "line 10: `web.db` is given twice, the first time in line 8: leave one out",
            "line 11, `breakers.\"web.db\".min_calls`: must be at least 1, but is 0",
            "line 13: `db` is given twice, the first time in line 6: leave one out",
        ]
    );
}

#[test]
fn a_table_that_a_dotted_key_has_made_is_told_with_the_dotted_keys_line() {
    let text = "# ours\ndefaults.shed = 2\n[alerts]\n  [defaults]\nmin_calls = 3\n";
    assert_eq!(
        refused(&toml(text)),
        ["line 4: `defaults` is given twice, the first time in line 2: leave one out"]
    );
}

#[test]
fn bad_json_is_told_with_its_line() {
    for (text, told) in [
        (
            "{\n  \"defaults\": {},\n}",
            "line 3: this is no JSON: a key in double quotes is missing; behind the last entry there is no comma, and comments there are none",
        ),
        (
            "{\n  'defaults': {}}",
            "line 2: this is no JSON: a key in double quotes is missing; behind the last entry there is no comma, and comments there are none",
        ),
        (
            "{\n  // none\n}",
            "line 2: this is no JSON: a key in double quotes is missing; behind the last entry there is no comma, and comments there are none",
        ),
        ("{\"defaults\":", "line 1: this is no JSON: it ends before it is complete"),
        ("{}\n{}", "line 2: this is no JSON: there is more behind its end"),
        (
            "{\n\"defaults\": {\n\"service_type\": \"\\ud800\"}}",
            "line 3: this is no JSON: an escape is one half of a character that has two",
        ),
        ("\n[]", "line 2: the file is to be an object: `{ … }`"),
        (
            "nonsense",
            "line 1: this is no JSON: of words there are `true`, `false` and `null`; texts stand in double quotes",
        ),
    ] {
        assert_eq!(refused(&json(text))[0], told, "{text}");
    }
}

#[test]
fn keys_that_are_given_twice_in_json_are_told_with_both_lines() {
    let text = "{\n\"defaults\": {\n\"shed\": 2,\n\"sh\\u0065d\": 3},\n\"defaults\": 5,\n\"alerts\": {\"floor\": 2}}";
    assert_eq!(
        refused(&json(text)),
        [
            "line 4: `shed` is given twice, the first time in line 3: leave one out",
            "line 5: `defaults` is given twice, the first time in line 2: leave one out",
            "line 6, `alerts.floor`: must be from 0 to 1, but is 2.0",
        ]
    );
}

#[test]
fn what_is_nested_without_end_is_refused() {
    let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
    assert_eq!(refused(&json(&deep))[0], "line 1: this is nested deeper than 32 levels");
    let deep = format!("[{}a]\n", "a.".repeat(60));
    assert_eq!(refused(&toml(&deep))[0], "line 1: this is nested deeper than 32 levels");
    // As deep as the parser would let it be.
    let path = format!("{}a", "a.".repeat(78));
    let deepest = format!("{path} = {}1{}", format!("{{{path} = ").repeat(78), "}".repeat(78));
    assert_eq!(refused(&toml(&deepest)), ["line 1: this is nested deeper than 32 levels"]);
    for deeper in [
        "a.".repeat(1000) + "a = 1",
        "a=".to_owned() + &"{a=".repeat(1000),
        "a=".to_owned() + &"[".repeat(1000),
    ] {
        assert_eq!(refused(&toml(&deeper)), ["line 1: this is nested deeper than 32 levels"]);
    }
    for deeper in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        assert_eq!(refused(&json(&deeper)).len(), 1);
    }
}

#[test]
fn of_very_many_problems_some_are_told_and_the_rest_counted() {
    let text = "[defaults]\n".to_owned()
        + &(0..250).fold(String::new(), |text, n| text + "x" + &n.to_string() + " = 1\n");
    let told = refused(&toml(&text));
    assert_eq!(told.len(), 101);
    assert_eq!(told[100], "and 150 more");
    let text = "a = 1\n".repeat(102);
    assert_eq!(refused(&toml(&text)).last().map(String::as_str), Some("and 2 more"));
}

#[test]
fn nothing_in_a_text_steers_a_terminal_or_forges_a_line() {
    let text = "[defaults]\n\"a\\nb\\u001b[31m\" = 1\nshed = \"\\u001b[2J\\n  line 9: well\"\n";
    let error = super::read(&toml(text)).unwrap_err();
    let told = error.to_string();
    assert_eq!(told.lines().count(), 3, "{told}");
    assert!(!told.replace('\n', "").contains(char::is_control), "{told}");
}
