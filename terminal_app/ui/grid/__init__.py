"""Tables: `DataTable` for lists that change now and then, `LiveGrid` for figures that change with every frame."""
