//! What the whole-flow tests and the benchmarks share: contacts that can belong to nobody, an API client, and Campanile
//! itself, as a process of its own or within the test.

pub mod browser;
pub mod campaign;
pub mod client;
pub mod contacts;
pub mod people;
pub mod receiver;
pub mod running;
pub mod scene;
pub mod schema;
pub mod second;
pub mod spawned;
pub mod stepped;
pub mod town;
