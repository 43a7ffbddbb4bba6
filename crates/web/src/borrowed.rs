//! Types that signatures of `service` name and `service` does not pass on: the only lines of this
//! crate that know of `store`. They go, with the dependency, once `service` passes them on.

pub(crate) use store::custody::account::Grant;
pub(crate) use store::listing::After;
