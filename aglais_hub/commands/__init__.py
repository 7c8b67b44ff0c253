"""Groups of commands of ``aglais``; one noun, one module."""
