//! A killed process loses nothing that was acknowledged.
