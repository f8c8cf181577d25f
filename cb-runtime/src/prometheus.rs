//! The breakers' figures for Prometheus.
