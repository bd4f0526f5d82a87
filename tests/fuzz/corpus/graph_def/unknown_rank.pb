

nPlaceholder*
shape: