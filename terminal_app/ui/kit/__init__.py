"""Small widgets that every panel and dialog is made of. Each file has one; import from the file."""
