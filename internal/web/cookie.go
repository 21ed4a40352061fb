package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// secureCookie reports whether a cookie is to stay within TLS. usual says so where the browser did not come by TLS itself; of one
// that did it stays there, whatever it does elsewhere: a proxy may speak TLS for a listener that does not. Who asks for this very
// machine has it without: there Safari drops what is to stay within TLS, and nothing travels.
func secureCookie(r *http.Request, usual bool) bool {
	return r.TLS != nil || usual && !onThisMachine(r)
}

// onThisMachine reports whether a browser runs beside the server: it asked for a loopback host by name, and no proxy, which may ask
// for the same, says that it stands between.
func onThisMachine(r *http.Request) bool {
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Proto"} {
		if len(r.Header.Values(header)) > 0 {
			return false
		}
	}
	return isLoopback(r.Host)
}

// isLoopback reports whether a Host header, with or without a port, is a name of this machine (RFC 6761 section 6.3) or one of its
// loopback addresses.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else if inner, ok := strings.CutPrefix(host, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
