//! Tests of everything under `deploy/`: this library renders the manifests and finds what is wrong with them; the tests
//! under `tests/` say that nothing is, and that what is made wrong is found.
//!
//! | module | what it finds |
//! |---|---|
//! | `render` | – it renders overlays and any other kustomization |
//! | `object` | – a rendered object, and the pods in it |
//! | `references` | names that lead nowhere: config maps, secrets, files, claims, accounts |
//! | `wiring` | selectors, ports and targets that lead nowhere |
//! | `routes` | the same for ways in: Ingress, Gateway API, Istio, GKE's policies |
//! | `edge` | a way in without its domain, its ports, TLS or a route |
//! | `front` | load balancers, mesh and stores of secrets set so that something gets past nginx, or does not arrive |
//! | `programs` | arguments, settings, files and folders that the programs in the containers do not find |
//! | `images` | containers whose image or ports are not their program's |
//! | `network` | connections that network policies allow and should not, or the other way round |
//! | `nginx` | – a real nginx with a rendered configuration |
//! | `rollout` | numbers with which a rollout would lose requests |
//! | `pod_security` | pods that the profile "restricted" refuses, and what we ask for beyond it |
//! | `names` | names, labels and images that the API server refuses |
//! | `admission` | what else it refuses, or takes and then waits for ever |
//! | `containers` | – podman with the images of the tests |
//! | `chat` | – a person who talks to the bot |
//! | `namespace` | – a network of its own |
//! | `tools` | – what `cargo xtask test` installed |

pub mod admission;
pub mod chat;
pub mod containers;
pub mod edge;
pub mod front;
pub mod images;
pub mod names;
pub mod namespace;
pub mod network;
pub mod nginx;
pub mod object;
pub mod pod_security;
pub mod programs;
pub mod references;
pub mod render;
pub mod rollout;
pub mod routes;
pub mod tools;
pub mod wiring;

use object::Object;

/// Everything wrong with `objects` that can be found without a tool, one sentence each.
pub fn problems(objects: &[Object]) -> Vec<String> {
    [
        references::problems(objects),
        wiring::problems(objects),
        routes::problems(objects),
        front::problems(objects),
        edge::problems(objects),
        programs::problems(objects),
        images::problems(objects),
        network::problems(objects),
        rollout::problems(objects),
        pod_security::problems(objects),
        names::problems(objects),
        admission::problems(objects),
    ]
    .concat()
}

/// The same for pods that podman plays: it has no policies and no rollouts, and they declare no ports.
pub fn problems_of_pods(objects: &[Object]) -> Vec<String> {
    [
        references::problems(objects),
        wiring::problems(objects),
        pod_security::problems(objects),
        names::problems(objects),
    ]
    .concat()
}
