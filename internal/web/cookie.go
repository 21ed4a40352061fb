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

// onThisMachine reports whether a browser runs beside the server: it asked for a loopback host by name, and nothing tells of a proxy,
// which may ask for the same. Proxies add headers of their own, or else pass on those in which the browser names the origin that it
// sees (RFC 6454 section 7, RFC 9110 section 10.1.3), or speak HTTP/1.0, as nginx does where it was told nothing and no browser does.
func onThisMachine(r *http.Request) bool {
	for _, header := range []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP"} {
		if len(r.Header.Values(header)) > 0 {
			return false
		}
	}
	for _, header := range []string{"Origin", "Referer"} {
		if from := r.Header.Get(header); from != "" && !strings.HasPrefix(from+"/", "http://"+r.Host+"/") {
			return false
		}
	}
	return r.ProtoAtLeast(1, 1) && isLoopback(r.Host)
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
