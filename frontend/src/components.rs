//! What pages are made of. A component renders what it is given; it never calls the API.

pub mod asset_field;
pub mod badge;
pub mod bar;
pub mod bar_chart;
pub mod bubble;
pub mod confirm;
pub mod contacts_table;
pub mod drop_zone;
pub mod field;
pub mod figures;
pub mod funnel;
pub mod intake;
pub mod language_pick;
pub mod loaded;
pub mod notice;
pub mod pager;
pub mod people_table;
pub mod radio;
pub mod sheet;
pub mod step;
pub mod suggested;
pub mod switch;
pub mod tags;
pub mod text_area;
pub mod title;
pub mod unfilled;
