//! Whole-flow tests: Campanile and the simulator, judged by the simulator's own log.

mod asked_twice;
mod audit;
mod browser;
mod consent;
mod contacts;
mod dead_letters;
mod decisions;
mod deletes;
mod edits;
mod faults;
mod flow;
mod formats;
mod handlers_twice;
mod health;
mod hours;
mod kill;
mod limit;
mod long;
mod pace;
mod progress;
mod real_time;
mod recounts;
mod refusals;
mod seeds;
mod stops;
mod walls;
