//! `cbctl monitor`, in a pipe.

use serde_json::Value;

use crate::{
    run::ask,
    server::{Server, fail},
};

#[test]
fn each_round_is_a_line() {
    let server = Server::start();
    fail(&server.breaker("payments"));
    let args = ["monitor", "--interval", "100ms", "--rounds", "2"];
    let ended = ask(&server, &args).with(0);
    let rows = ended.columns();
    assert_eq!(rows.len(), 3, "{}", ended.out);
    assert_eq!(rows[0][..3], ["at", "verdict", "score"]);
    assert_eq!(rows[2][1..7], ["degraded", "0.75", "3", "2", "0", "1"]);
    let ended = ask(&server, &[&args[..], &["--json"]].concat()).with(0);
    for line in ended.out.lines() {
        let round: Value = serde_json::from_str(line).unwrap();
        assert_eq!(round["verdict"], "degraded");
        assert!(round["alerts"].is_array());
    }
}
