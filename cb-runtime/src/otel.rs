//! The breakers' figures for OpenTelemetry.
