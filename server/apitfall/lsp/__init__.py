"""The language server protocol: alone knows pygls, lsprotocol, positions and URIs. Analyses nothing itself."""
