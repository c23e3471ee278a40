//! Rollouts lose nothing: real nginx, real bots and a real MySQL, rolled as the numbers in the manifests say, under signed
//! webhooks, behind Services as kube-proxy makes them.
//!
//! | module | what it is |
//! |---|---|
//! | `plan` | the numbers, read from a rendered Deployment |
//! | `tier` | the controllers and the kubelet |
//! | `pod` | a process with an address |
//! | `service` | kube-proxy, which learns late |
//! | `stage` | MySQL, LINE, settings and files |
//! | `load`, `http` | people who write |
//! | `outcome` | what became of each message |
//!
//! What is not there: a load balancer of a cloud, and nodes that fail.

mod http;
mod load;
mod outcome;
mod plan;
mod pod;
mod service;
mod stage;
mod tier;

use deploy_tests::namespace::Namespace;
use deploy_tests::object::Object;
use deploy_tests::render;
use load::People;
use outcome::Outcome;
use plan::Plan;
use service::Service;
use simulator::{Chat, Person};
use stage::Stage;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;
use tier::Tier;

/// So many that no list gets long.
const PEOPLE: usize = 300;

/// What is done to a tier.
#[derive(Clone, Copy)]
enum Step {
    /// A new release.
    Roll,
    /// A node goes.
    Drain,
}

/// A run.
struct Trial<'a> {
    objects: &'a [Object],
    /// How long the cluster takes to learn of a pod's coming or going.
    delay: Duration,
    /// How each tier is replaced, and what is done to it, to both at once.
    bot: (Plan, &'a [Step]),
    nginx: (Plan, &'a [Step]),
}

#[test]
#[ignore = "needs root, iptables, kubectl, nginx and MySQL: cargo xtask test"]
fn rollouts_and_a_drained_node_lose_nothing_where_the_cluster_learns_within_a_second() {
    loses_nothing(Duration::from_millis(700));
}

#[test]
#[ignore = "needs root, iptables, kubectl, nginx and MySQL: cargo xtask test"]
fn rollouts_and_a_drained_node_lose_nothing_where_the_cluster_takes_three_seconds_to_learn() {
    loses_nothing(Duration::from_secs(3));
}

#[test]
#[ignore = "needs root, iptables, kubectl, nginx and MySQL: cargo xtask test"]
fn the_same_rollouts_as_the_documents_had_them_lose_requests() {
    let seed = render::parse(include_str!("seed.yaml")).expect("YAML");
    loses_some(&Trial {
        objects: &render::overlay("local"),
        delay: Duration::from_millis(700),
        // uWSGI with die-on-term: it ends at once, whatever it is doing.
        bot: (Plan::of(&seed, "app-server", "KILL"), &[Step::Roll]),
        nginx: (Plan::of(&seed, "linebot-nginx", "TERM"), &[Step::Roll]),
    });
}

#[test]
#[ignore = "needs root, iptables, kubectl, nginx and MySQL: cargo xtask test"]
fn without_its_pre_stop_nginx_loses_requests() {
    let mut objects = render::overlay("local");
    let deployment = objects
        .iter_mut()
        .find(|object| object.title() == "Deployment linebot-nginx");
    let deployment = deployment.expect("it is rendered");
    deployment.0["spec"]["template"]["spec"]["containers"][0]["lifecycle"].take();
    loses_some(&Trial {
        objects: &objects,
        delay: Duration::from_millis(700),
        bot: (bot(&objects), &[]),
        nginx: (nginx(&objects), &[Step::Roll]),
    });
}

#[track_caller]
fn loses_nothing(delay: Duration) {
    let objects = render::overlay("local");
    let outcome = run(&Trial {
        objects: &objects,
        delay,
        bot: (bot(&objects), &[Step::Roll, Step::Drain]),
        nginx: (nginx(&objects), &[Step::Roll, Step::Drain]),
    });
    let lost = outcome.lost();
    let complaints = &outcome.complaints;
    assert!(
        lost.is_empty(),
        "{} lost: {lost:#?}\n{complaints}",
        lost.len()
    );
    let none = Vec::<String>::new();
    assert_eq!(outcome.not_once, none, "{complaints}");
    assert_eq!(outcome.replies, none, "{complaints}");
    assert_eq!(outcome.unclean, none, "{complaints}");
    let count = outcome.sent.len();
    // Else little was tried: 200 a second for half a minute are 6,000.
    assert!(count > 2_000, "only {count} messages");
    let slowest = outcome.slowest_of_99_percent();
    eprintln!("{delay:?}: {count} messages, none lost, 99 of 100 within {slowest:?}");
    // LINE waits so long.
    assert!(
        slowest < Duration::from_secs(2),
        "99 of 100 within {slowest:?}"
    );
}

/// That this harness sees a loss where there is one.
#[track_caller]
fn loses_some(trial: &Trial<'_>) {
    let outcome = run(trial);
    let (lost, count) = (outcome.lost().len(), outcome.sent.len());
    eprintln!("{lost} of {count} messages lost, as expected");
    assert_ne!(lost, 0, "of {count}");
    // Most come through, or something else is broken; and what was said to be done is done, once.
    assert!(
        lost < count / 2,
        "{lost} of {count} lost: {}",
        outcome.complaints
    );
    assert_eq!(outcome.not_once, Vec::<String>::new());
}

/// As the manifests say, and the image's own stop signal.
fn bot(objects: &[Object]) -> Plan {
    Plan::of(objects, "app-server", "TERM")
}

fn nginx(objects: &[Object]) -> Plan {
    Plan::of(objects, "linebot-nginx", "QUIT")
}

/// Under load, from a second before the first step until all pods that were stopped have ended and two seconds more.
fn run(trial: &Trial<'_>) -> Outcome {
    /// One at a time: two would measure the machine.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock();
    let network = Namespace::new();
    let stage = Stage::new(trial.objects, &network);
    network.run(|| {
        let people: Vec<Person> = (0..PEOPLE).map(|n| Person::new(format!("{n}"))).collect();
        let ids: Vec<_> = people.iter().map(|person| person.id.clone()).collect();
        let line = stage::start_line(people);
        let chats = ids.iter().map(|id| line.user(id).expect("a friend"));
        let chats: Vec<Chat> = chats.collect();
        let bot = Service::new("app-server", stage::BOT, 5000, trial.delay);
        let bot = Tier::new(&trial.bot.0, bot, 2, |address| stage.start_bot(address));
        let nginx = Service::new("linebot-nginx", stage::NGINX, 8080, trial.delay);
        let nginx = Tier::new(&trial.nginx.0, nginx, 1, |address| {
            stage.start_nginx(address)
        });
        let sent = thread::scope(|scope| {
            bot.start_all(scope);
            nginx.start_all(scope);
            let people = People::start(scope, &line, &chats, &nginx.service);
            thread::sleep(Duration::from_secs(1));
            let done = [(&bot, trial.bot.1), (&nginx, trial.nginx.1)].map(|(tier, steps)| {
                scope.spawn(move || {
                    for step in steps {
                        match step {
                            Step::Roll => tier.roll(scope),
                            Step::Drain => tier.drain(scope, 0),
                        }
                    }
                    tier.settle();
                })
            });
            for tier in done {
                tier.join().expect("it gets to its end");
            }
            thread::sleep(Duration::from_secs(2));
            people.stop()
        });
        let replies = outcome::miscounted(&sent, &chats);
        Outcome {
            not_once: outcome::not_once(&sent, &stage.lists()),
            sent,
            replies,
            unclean: [bot.unclean(), nginx.unclean()].concat(),
            complaints: stage.complaints(),
        }
    })
}
