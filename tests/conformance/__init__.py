"""Whether what the server and its clients say to each other is the language server protocol."""
