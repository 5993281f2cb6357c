"""Text that people wrote: public data sets, which are not part of this project."""
