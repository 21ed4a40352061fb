// Package api is what people and programs do to a running server, as JSON over HTTP under /api/v1. Each operation is one
// method of operate.Desk, which says who may; this package establishes who asks, reads what they sent within bounds, and
// words what came of it:
//
//	api.go        the handler, and what a path leads to
//	who.go        tokens, and the admin socket
//	operation.go  how an operation is described and called
//	query.go      query parameters; body.go  bodies
//	problem.go    errors as problem details (RFC 9457)
//	stream.go     server-sent events
//	document.go   the OpenAPI document; docs.go  the same for people
//	cgi.go        the calls of SpamExperts' Software API
//
// Cookies are never looked at, so that no page of another site can act for who is logged in here; a browser that has
// learned a token by Basic authentication is refused where another site makes it ask.
package api
