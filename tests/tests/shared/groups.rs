//! Redis behind Sentinels, and as a Cluster: a server is lost, and the instances agree again.

use std::{collections::HashMap, process::Command, thread, time::Duration};

use cb_runtime::State;

use super::{
    addresses::set_user,
    node::{Node, ask, free_port},
    through_redis::*,
};

/// Sentinels and Clusters take some seconds until they are sure that a server is lost.
const LOST: Duration = Duration::from_secs(90);

/// One master, one replica, three Sentinels; users with the least rights for both kinds.
struct Watched {
    master: Option<Node>,
    replica: Node,
    sentinels: Vec<Node>,
}

impl Watched {
    fn start() -> Option<Self> {
        let words = ["--requirepass", "m/ster", "--masterauth", "m/ster", "--save", ""];
        let master = Node::start(&words)?;
        let of = format!("127.0.0.1 {}", master.port);
        let replica = Node::start(&[&words[..], &["--replicaof", &of]].concat())?;
        let settings = format!(
            "requirepass s@ntinel\nsentinel sentinel-pass s@ntinel\nsentinel monitor shop {of} 2\n\
             sentinel auth-pass shop m/ster\nsentinel down-after-milliseconds shop 500\n\
             sentinel failover-timeout shop 5000\n"
        );
        let start = |_| Node::with_file(&settings, &["--sentinel"]);
        let sentinels: Option<Vec<Node>> = (0..3).map(start).collect();
        let watched = Self { master: Some(master), replica, sentinels: sentinels? };
        within(LOST, "the Sentinels know of the replica and of each other", || watched.is_ready());
        for server in [watched.master.as_ref()?, &watched.replica] {
            set_user(&format!("redis://:m%2Fster@{}", server.address()), &["+role"]);
        }
        for sentinel in &watched.sentinels {
            let url = format!("redis://:s%40ntinel@{}", sentinel.address());
            let rights = ["on", ">w@tcher", "+role", "+sentinel|masters"];
            let _: String =
                ask(&url, &[&["ACL", "SETUSER", "watcher", "reset"], &rights[..]].concat());
        }
        Some(watched)
    }

    fn is_ready(&self) -> bool {
        self.sentinels.iter().all(|sentinel| {
            let url = format!("redis://:s%40ntinel@{}", sentinel.address());
            let known: HashMap<String, String> = ask(&url, &["SENTINEL", "MASTER", "shop"]);
            known["num-slaves"] == "1" && known["num-other-sentinels"] == "2"
        })
    }

    fn url(&self) -> String {
        let at: Vec<String> = self.sentinels.iter().map(Node::address).collect();
        let at = at.join(",");
        format!(
            "redis+sentinel://shop:PASSWORD@{at}/shop?sentinel_user=watcher&sentinel_password=w%40tcher"
        )
    }
}

#[test]
fn given_sentinels_when_the_master_is_killed_then_all_agree_through_the_next_one() {
    let Some(mut watched) = Watched::start() else { return };
    let instance = || Instance::connected(&watched.url(), options(), settings());
    let (one, other) = (instance(), instance());
    one.trip();
    within(PATIENCE, "the other is open", || other.state() == State::Open);
    for instance in [&one, &other] {
        instance.breaker.reset();
    }

    // And the Sentinel on the same machine, which answers nobody any more.
    watched.sentinels[0].freeze();
    watched.master = None;
    within(PATIENCE, "it is away", || !one.handle.status().connected);
    println!("without a master: {}", one.handle.status().problem.unwrap_or_default());
    assert!(one.call(true));
    one.trip();
    let agreed = within(LOST, "all agree again", || other.state() == State::Open);

    println!("agreed {agreed:?} after the master was lost, {}", other.handle.status().store);
}

#[test]
fn given_sentinels_when_the_service_or_a_password_is_wrong_then_it_says_so() {
    let Some(watched) = Watched::start() else { return };
    let url = watched.url();
    for (wrong, says) in [
        (url.replace("/shop?", "/store?"), "know no master"),
        (url.replace("w%40tcher", "w%40rden"), "password"),
        (url.replace("PASSWORD", "P%2FSSWORD"), "password"),
        (url.split('?').next().unwrap().to_owned(), "sentinel_password"),
    ] {
        let one = Instance::new(&wrong, options(), settings());
        within(PATIENCE, "it is told", || one.handle.status().problem.is_some());
        let said = one.handle.status().problem.unwrap();
        println!("{said}");
        assert!(said.contains(says), "{said}");
        assert!(!["w@", "w%40", "P/SS", "P%2F", "PASS"].iter().any(|word| said.contains(word)));
        assert!(one.call(true));
    }
    let master = watched.master.as_ref().unwrap().address();
    let no_sentinel = format!("redis+sentinel://{master}/shop?sentinel_password=m%2Fster");
    let one = Instance::new(&no_sentinel, options(), settings());
    within(PATIENCE, "it is told", || one.handle.status().problem.is_some());
    let said = one.handle.status().problem.unwrap();
    println!("{said}");
    assert!(said.contains("no Sentinel"), "{said}");
}

/// Three nodes with a replica each.
struct Cluster {
    nodes: Vec<Node>,
}

impl Cluster {
    fn start() -> Option<Self> {
        let start = |_| {
            let cluster = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
            Node::start_on(free_port(), &[], &[&cluster[..], &["--save", ""]].concat())
        };
        let nodes: Option<Vec<Node>> = (0..6).map(start).collect();
        let nodes = nodes?;
        let made = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(nodes.iter().map(Node::address))
            .args(["--cluster-replicas", "1", "--cluster-yes"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
        let cluster = Self { nodes };
        within(LOST, "all nodes know of all", || {
            let is_ready = |node: &Node| {
                let info: String = node.ask(&["CLUSTER", "INFO"]);
                info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:6")
            };
            cluster.nodes.iter().all(is_ready)
        });
        within(LOST, "the replicas follow", || {
            let is_up = |node: &&Node| {
                node.ask::<String>(&["INFO", "replication"]).contains("link_status:up")
            };
            cluster.nodes.iter().filter(is_up).count() == 3
        });
        for node in &cluster.nodes {
            set_user(&node.url(), &["+exists"]);
        }
        Some(cluster)
    }

    /// The address that names these nodes.
    fn url(&self, nodes: &[usize]) -> String {
        let at: Vec<String> = nodes.iter().map(|node| self.nodes[*node].address()).collect();
        format!("redis+cluster://shop:PASSWORD@{}", at.join(","))
    }

    /// Which of the nodes has the keys of the tests' prefix, and takes writes.
    fn owner(&self) -> usize {
        let slot: u32 = self.nodes[0].ask(&["CLUSTER", "KEYSLOT", "{shop}"]);
        let has = |node: &Node| {
            let known: String = node.ask(&["CLUSTER", "NODES"]);
            let line = known.lines().find(|line| line.contains("myself")).unwrap().to_owned();
            line.split(' ').skip(8).any(|range| {
                let (from, to) = range.split_once('-').unwrap_or((range, range));
                matches!((from.parse(), to.parse()), (Ok(from), Ok(to)) if (from..=to).contains(&slot))
            })
        };
        self.nodes.iter().position(has).unwrap()
    }
}

#[test]
fn given_a_cluster_when_the_node_with_the_keys_is_killed_then_all_agree_through_its_replica() {
    let Some(mut cluster) = Cluster::start() else { return };
    let owner = cluster.owner();
    let rest: Vec<usize> = (0..6).filter(|node| *node != owner).collect();
    // Each asks others first, and every node of the cluster is asked by somebody.
    let one =
        Instance::connected(&cluster.url(&[rest[0], rest[1], rest[2]]), options(), settings());
    let urls = [&[owner, rest[3], rest[4]][..], &[rest[3], rest[0]], &[rest[4], rest[1]]];
    let others = urls.map(|nodes| Instance::connected(&cluster.url(nodes), options(), settings()));
    let all_are = |state| others.iter().all(|other| other.state() == state);
    one.trip();
    within(PATIENCE, "the others are open", || all_are(State::Open));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(one.handle.reset("db", PATIENCE)).unwrap();
    within(PATIENCE, "the others are closed", || all_are(State::Closed));

    let address = cluster.nodes[owner].address();
    drop(cluster.nodes.remove(owner));
    within(PATIENCE, "it is away", || !one.handle.status().connected);
    println!("without {address}: {}", one.handle.status().problem.unwrap_or_default());
    one.trip();
    let agreed = within(LOST, "all agree again", || all_are(State::Open));

    println!("agreed {agreed:?} after the node was lost, {}", one.handle.status().store);
}

#[test]
fn given_a_cluster_when_the_keys_move_to_another_node_then_all_agree_there() {
    let Some(cluster) = Cluster::start() else { return };
    let from = &cluster.nodes[cluster.owner()];
    let one = Instance::connected(&cluster.url(&[0, 1]), options(), settings());
    let other = Instance::connected(&cluster.url(&[2]), options(), settings());
    let plain =
        Instance::new(&cluster.nodes[(cluster.owner() + 1) % 3].url(), options(), settings());
    within(PATIENCE, "it is told", || plain.handle.status().problem.is_some());
    let said = plain.handle.status().problem.unwrap();
    println!("{said}");
    assert!(said.contains("redis+cluster://"), "{said}");

    // All slots of the node.
    let to = cluster.nodes.iter().take(3).find(|node| node.port != from.port).unwrap();
    let moved = Command::new("redis-cli")
        .args(["--cluster", "reshard", &from.address()])
        .args(["--cluster-from", &from.ask::<String>(&["CLUSTER", "MYID"])])
        .args(["--cluster-to", &to.ask::<String>(&["CLUSTER", "MYID"])])
        .args(["--cluster-slots", "5461", "--cluster-yes", "--cluster-pipeline", "100"])
        .output()
        .unwrap();
    assert!(moved.status.success(), "{}", String::from_utf8_lossy(&moved.stdout));
    assert_ne!(cluster.nodes[cluster.owner()].port, from.port);
    one.trip();
    let agreed = within(LOST, "all agree again", || other.state() == State::Open);

    println!("agreed {agreed:?} after the keys had moved");
    thread::sleep(Duration::from_millis(100));
    assert_eq!(one.state(), State::Open);
}
