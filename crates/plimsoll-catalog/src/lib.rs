//! Finds the packages inside an image
