//! Pages and JSON of the programme. Every page works without script; every form has a JSON twin
//! under `/api` that takes the request structs of `service`.
//!
//! Read in module order: how a request comes in and how it is answered, what pages are made of,
//! then the pages in the order in which a sample meets the stations. Absent: SQL, clocks,
//! decisions. What the rules say stands in `journey`, what an account may do in `service`.

pub mod app;
pub mod routes;
pub mod server;

mod answer;
mod body;
mod call;
mod cookie;
mod dispatch;
mod station;

mod components;
mod form;
mod layout;
mod text;

mod pages;

pub use app::App;
pub use server::{router, serve};
