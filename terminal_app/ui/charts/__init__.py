"""Charts drawn on pyqtgraph's axes and view box; import the submodules, this package itself imports nothing."""
