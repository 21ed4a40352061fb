// Package certfile owns a certificate that is kept in files, with its key, and is read anew when they change, as when it
// is renewed. Who shows one loads it with Load, and asks Get or Now for it at each handshake.
//
// The files are looked at when a handshake asks, once a second at most; nothing runs in between.
package certfile
