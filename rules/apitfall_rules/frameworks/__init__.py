"""What the frameworks mean: tables of their names, and questions over facts."""
