// Package deflate compresses to RFC 1951 streams and their gzip container, RFC 1952: pieces
// of the input in parallel, each with the 32 KB before it as its dictionary, so that the result
// is one stream and doesn't depend on the number of processors. Package inflate is the other way.
package deflate
