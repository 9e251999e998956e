"""Charts drawn on pyqtgraph's graphics view and axes; import the submodules, this package itself imports nothing."""
