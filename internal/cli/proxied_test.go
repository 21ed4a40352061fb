package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"callout/internal/access"
	"callout/internal/config"
	"callout/internal/store/sqlite"
)

var proxies = []netip.Prefix{
	netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("2001:db8:1::/48"),
}

// seen returns what a request's handler takes for the client's address, and whether for encrypted.
func seen(from []netip.Prefix, r *http.Request) (remote string, encrypted bool) {
	proxied(from, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		remote, encrypted = r.RemoteAddr, r.TLS != nil
	})).ServeHTTP(httptest.NewRecorder(), r)
	return remote, encrypted
}

func TestTheClientBehindAProxy(t *testing.T) {
	long := strings.Repeat("192.0.2.1, ", 5000)
	for _, c := range []struct {
		peer    string
		headers []string
		want    string
	}{
		{"127.0.0.1:4711", []string{"192.0.2.1"}, "192.0.2.1:0"},
		{"[::ffff:127.0.0.1]:4711", []string{"192.0.2.1"}, "192.0.2.1:0"},
		{"[2001:db8:1::9%eth0]:4711", []string{"2001:DB8::1"}, "[2001:db8::1]:0"},
		{"@", []string{"192.0.2.1"}, "192.0.2.1:0"}, // a unix socket
		{"", []string{"192.0.2.1"}, "192.0.2.1:0"},
		{"127.0.0.1:4711", []string{"::ffff:192.0.2.1"}, "192.0.2.1:0"},
		{"127.0.0.1:4711", []string{"192.0.2.1:1234"}, "192.0.2.1:0"},
		{"127.0.0.1:4711", []string{"[2001:db8::1]:1234"}, "[2001:db8::1]:0"},
		// What a client writes itself stands in front of what proxies add.
		{"127.0.0.1:4711", []string{"198.51.100.1, 192.0.2.1"}, "192.0.2.1:0"},
		{"127.0.0.1:4711", []string{"198.51.100.1", "192.0.2.1 ,10.1.2.3"}, "192.0.2.1:0"},
		{"127.0.0.1:4711", []string{"nonsense, 192.0.2.1"}, "192.0.2.1:0"},
		{"127.0.0.1:4711", []string{long + "192.0.2.2"}, "192.0.2.2:0"},
		// What can't be read, or says nobody, is the proxy itself.
		{"127.0.0.1:4711", nil, "127.0.0.1:0"},
		{"127.0.0.1:4711", []string{""}, "127.0.0.1:0"},
		{"127.0.0.1:4711", []string{"192.0.2.1, unknown"}, "127.0.0.1:0"},
		{"127.0.0.1:4711", []string{"192.0.2.1,"}, "127.0.0.1:0"},
		{"127.0.0.1:4711", []string{"192.0.2.1, x, 10.1.2.3"}, "127.0.0.1:0"},
		{"10.1.0.1:4711", []string{"127.0.0.1, 10.1.2.3"}, "10.1.0.1:0"},
		{"127.0.0.1:4711", []string{"192.0.2.1" + strings.Repeat(", 10.1.2.3", 19)}, "192.0.2.1:0"},
		{"127.0.0.1:4711", []string{"192.0.2.1" + strings.Repeat(", 10.1.2.3", 20)}, "127.0.0.1:0"},
		// Others are not believed.
		{"127.0.0.2:4711", []string{"192.0.2.1"}, "127.0.0.2:4711"},
		{"192.0.2.7:4711", []string{"192.0.2.1, 127.0.0.1"}, "192.0.2.7:4711"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		for _, h := range c.headers {
			r.Header.Add("X-Forwarded-For", h)
		}
		if got, _ := seen(proxies, r); got != c.want {
			t.Errorf("%s says %.60q: %s, want %s", c.peer, c.headers, got, c.want)
		}
		if r.RemoteAddr != c.peer {
			t.Errorf("the server's own request was changed to %s", r.RemoteAddr)
		}
		if got, _ := seen(nil, r); got != c.peer {
			t.Errorf("without proxies, %s says %.60q: %s", c.peer, c.headers, got)
		}
	}
}

func TestTLSInFrontOfAProxy(t *testing.T) {
	for _, c := range []struct {
		peer, proto string
		want        bool
	}{
		{"127.0.0.1:1", "https", true}, {"127.0.0.1:1", "HTTPS", true}, {"127.0.0.1:1", "http", false}, {"127.0.0.1:1", "", false},
		{"192.0.2.1:1", "https", false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		r.Header.Set("X-Forwarded-Proto", c.proto)
		if _, got := seen(proxies, r); got != c.want {
			t.Errorf("%s says %q: encrypted is %v", c.peer, c.proto, got)
		}
	}
}

// listenerAt is a listener that has nothing but an address.
type listenerAt struct {
	net.Listener
	at net.Addr
}

func (l listenerAt) Addr() net.Addr { return l.at }

// Pages and API are told of the client, whom the configured proxies name.
func TestEverythingStandsBehindTheProxies(t *testing.T) {
	said := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.RemoteAddr, " ", r.TLS != nil) })
	s := &server{
		config: config.Default(), log: slog.New(slog.DiscardHandler), console: console{api: said, pages: said},
		httpListener: listenerAt{at: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8025}},
	}
	s.config.HTTP.ProxyFrom = proxies
	if err := s.openHTTP(prometheus.NewRegistry()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/login", "/api/v1/status", "/cgi-bin/api"} {
		r := httptest.NewRequest("GET", path, nil)
		r.RemoteAddr = "127.0.0.1:4711"
		r.Header.Set("X-Forwarded-For", "192.0.2.1")
		r.Header.Set("X-Forwarded-Proto", "https")
		w := httptest.NewRecorder()
		s.http.Handler.ServeHTTP(w, r)
		if got := w.Body.String(); got != "192.0.2.1:0 true" {
			t.Errorf("%s: from %s", path, got)
		}
	}
}

// On a loopback listener whoever is on this machine reads metrics, but not everybody who comes through a proxy on it.
func TestMetricsBehindAProxyNeedAToken(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "callout.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	a, err := access.New(t.Context(), access.Options{Store: db})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close(context.Background())
	secrets := map[string]string{"nothing": "", "a wrong token": "callout_wrong"}
	for _, role := range []access.Role{access.RoleAdmin, access.RoleDomain} {
		token := access.Token{Label: "t", Role: role}
		if role == access.RoleDomain {
			token.Domains = []string{"example.com"}
		}
		if secrets[string(role)], _, err = a.CreateToken(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	for address, forAll := range map[string]bool{"127.0.0.1": true, "::1": true, "0.0.0.0": false, "192.0.2.1": false} {
		ln := listenerAt{at: &net.TCPAddr{IP: net.ParseIP(address), Port: 8025}}
		for _, from := range [][]netip.Prefix{nil, proxies} {
			s := &server{config: config.Default(), httpListener: ln, console: console{access: a}}
			s.config.HTTP.ProxyFrom = from
			h := s.scrapers(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "metrics") }))
			for who, secret := range secrets {
				r := httptest.NewRequest("GET", "/metrics", nil)
				if secret != "" {
					r.Header.Set("Authorization", "Bearer "+secret)
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if want := who == "admin" || forAll && from == nil; want != (w.Code == http.StatusOK) {
					t.Errorf("%s, behind proxies %v, with %s: %d", address, from, who, w.Code)
				}
			}
		}
	}
}

func TestKeysOfHTTPThatNeedARestart(t *testing.T) {
	old := config.Default()
	for key, change := range map[string]func(*config.HTTP){
		"http.insecure":   func(h *config.HTTP) { h.Insecure = true },
		"http.proxy_from": func(h *config.HTTP) { h.ProxyFrom = proxies },
		"http.tls_cert":   func(h *config.HTTP) { h.TLSCert = "a" },
		"http.listen":     func(h *config.HTTP) { h.Listen = nil },
	} {
		changed := config.Default()
		change(&changed.HTTP)
		if got := needRestart(old, changed); !slices.Equal(got, []string{key}) {
			t.Errorf("%s has changed: told of %q", key, got)
		}
	}
	if got := needRestart(old, config.Default()); len(got) > 0 {
		t.Errorf("nothing has changed: told of %q", got)
	}
}
