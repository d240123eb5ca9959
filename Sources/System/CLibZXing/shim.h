/* The headers of libzxing are C++: only the target CZXing includes them. */
