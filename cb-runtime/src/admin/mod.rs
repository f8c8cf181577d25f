//! The management API over HTTP, and its dashboard.

mod dashboard;
