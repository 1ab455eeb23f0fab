//! Statistics: moments, quantiles, histograms, distinct elements.

pub(crate) mod averages;
pub(crate) mod bins;
pub(crate) mod covariance;
pub(crate) mod distinct;
pub(crate) mod histograms;
pub(crate) mod middle;
pub(crate) mod moments;
pub(crate) mod powers;
pub(crate) mod quantiles;
pub(crate) mod searching;
