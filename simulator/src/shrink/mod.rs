//! Making a plan that fails smaller.
