//! Who could connect to whom: the pods of an overlay, pods that policies must tell apart from them, and the world.

use deploy_tests::object::{Object, pods};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// Somebody with an address, all of them in one network.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(crate) name: String,
    pub(crate) address: Ipv4Addr,
    /// None for what is no pod.
    pub(crate) namespace: Option<&'static str>,
    pub(crate) labels: BTreeMap<String, String>,
}

/// The namespace of the manifests.
pub(crate) const OURS: &str = "linebot";

/// Pods of others: namespace and labels.
const OTHER_PODS: &[(&str, &str, &str)] = &[
    ("kube-system", "k8s-app", "kube-dns"),
    ("kube-system", "k8s-app", "another"),
    ("istio-system", "app", "istiod"),
    ("istio-system", "app", "another"),
    ("monitoring", "app", "prometheus"),
    ("gmp-system", "app", "collector"),
    ("gke-gmp-system", "app", "collector"),
    // What has the right label and is elsewhere, or the other way round.
    ("default", "k8s-app", "kube-dns"),
    ("default", "app", "linebot-nginx"),
    ("default", "needs-database", "true"),
    (OURS, "app", "another"),
];

/// Addresses that are no pod's.
const ADDRESSES: &[(&str, [u8; 4])] = &[
    ("the internet", [203, 0, 113, 9]),
    ("Cloud SQL", [10, 40, 0, 9]),
    // The first address past Cloud SQL's range.
    ("beside Cloud SQL", [10, 40, 16, 0]),
    ("a private network (10)", [10, 9, 9, 9]),
    ("a private network (172)", [172, 16, 0, 9]),
    ("a private network (192)", [192, 168, 0, 9]),
    ("a shared network", [100, 64, 0, 9]),
    ("node-local DNS", [169, 254, 20, 10]),
    ("kubespray's node-local DNS", [169, 254, 25, 10]),
    ("the metadata server", [169, 254, 169, 254]),
    ("the identity server", [169, 254, 169, 252]),
    ("a link-local address", [169, 254, 1, 1]),
];

/// Everybody, when `objects` are applied. A pod is called by its tier, another's `namespace/label`.
pub(crate) fn all(objects: &[Object]) -> Vec<Actor> {
    let ours = pods(objects).into_iter().map(|pod| {
        let labels = pod
            .labels
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        (pod.tier().to_owned(), OURS, labels.collect())
    });
    let others = OTHER_PODS.iter().map(|(namespace, key, value)| {
        let labels = BTreeMap::from([((*key).to_owned(), (*value).to_owned())]);
        (format!("{namespace}/{value}"), *namespace, labels)
    });
    let in_pods = ours
        .chain(others)
        .zip(1..)
        .map(|((name, namespace, labels), number)| Actor {
            name,
            address: Ipv4Addr::new(10, 244, 0, number),
            namespace: Some(namespace),
            labels,
        });
    let elsewhere = ADDRESSES.iter().map(|(name, address)| Actor {
        name: (*name).to_owned(),
        address: (*address).into(),
        namespace: None,
        labels: BTreeMap::new(),
    });
    in_pods.chain(elsewhere).collect()
}

impl Actor {
    pub(crate) fn is_ours(&self) -> bool {
        self.namespace == Some(OURS)
    }
}
