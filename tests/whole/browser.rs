//! A marketer's way through the dashboard, in headless Chromium.
