package web

import (
	"net/http"
)

// contentPolicy lets a page load only what this server serves: no inline script or style, no other house. Scripts may
// still set an element's style by its properties, which is what the charts do.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

const permissionsPolicy = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"

// The most that a form may carry, and a file that is uploaded.
const (
	formLimit   = 1 << 20
	uploadLimit = 64 << 20
)

// Guard stands before every page. Every answer gets the security headers; a change that comes from another site is
// refused; a request's body is bounded: 1 MiB, or 64 MiB where upload (nil: none) says that the request is one to a
// page that takes files.
func (s *Shell) Guard(next http.Handler, upload func(*http.Request) bool) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.turnDown(w, r, http.StatusForbidden, "This change was asked for by another site. Open the page here and try again.")
	}))
	inner := cross.Handler(s.bound(next, upload))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.secure(w.Header(), r)
		inner.ServeHTTP(w, r)
	})
}

func (s *Shell) secure(h http.Header, r *http.Request) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", permissionsPolicy)
	h.Set("Cache-Control", "no-store")
	if s.tls || r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000") // RFC 6797: ignored by browsers unless it came by TLS
	}
}

// bound limits the body. What says beforehand that it is too long is refused before a byte of it is read.
func (s *Shell) bound(next http.Handler, upload func(*http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := int64(formLimit)
		if upload != nil && upload(r) {
			limit = uploadLimit
		}
		if r.ContentLength > limit {
			w.Header().Set("Connection", "close")
			s.turnDown(w, r, http.StatusRequestEntityTooLarge, tooLarge(limit))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}
