//! Types that signatures of `service` name, under one roof. Absent: anything of the store itself.

pub(crate) use service::{After, Grant};
