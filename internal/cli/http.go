package cli

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"callout/internal/certfile"
	"callout/internal/store"
)

// httpServer returns a server with bounds on what a client may take.
func httpServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// openHTTP makes the server of the HTTP listener, where there is one: pages, API, metrics and health.
func (s *server) openHTTP(r *prometheus.Registry) error {
	if s.httpListener == nil {
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.scrapers(promhttp.HandlerFor(r, promhttp.HandlerOpts{})))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("/", s.console.pages)
	s.http = httpServer(proxied(s.config.HTTP.ProxyFrom, apart(s.console.api, mux)), s.log)
	c := &s.config.HTTP
	if c.TLSCert == "" {
		return nil
	}
	certificate, err := certfile.Load(c.TLSCert, c.TLSKey, func(err error) {
		if err != nil {
			s.log.Error("http: " + err.Error())
			return
		}
		s.log.Info("http: the certificate was read anew", "file", c.TLSCert)
	})
	if err != nil {
		return &statusError{exitUsage, fmt.Errorf("%s: http.tls_cert: %w", s.config.Path, err)}
	}
	s.http.TLSConfig = &tls.Config{GetCertificate: certificate.Get, MinVersion: tls.VersionTLS12}
	return nil
}

// apart gives the API what is its own as it came. A ServeMux would first redirect a path with ".." or "//" in it to another,
// and so to another operation.
func apart(api, others http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := r.URL.Path; strings.HasPrefix(p, "/api/") || strings.HasPrefix(p, "/cgi-bin/") {
			api.ServeHTTP(w, r)
			return
		}
		others.ServeHTTP(w, r)
	})
}

// serveHTTP serves the HTTP listener until it is closed.
func (s *server) serveHTTP() error {
	if s.http.TLSConfig != nil {
		return s.http.ServeTLS(s.httpListener, "", "")
	}
	return s.http.Serve(s.httpListener)
}

// scrapers lets those read metrics who are on this machine, where the listener is for it alone, or have an admin's token:
// metrics name destinations of everybody. Behind a proxy the listener is for others too.
func (s *server) scrapers(metrics http.Handler) http.Handler {
	at, err := netip.ParseAddrPort(s.httpListener.Addr().String())
	if here := err != nil || at.Addr().Unmap().IsLoopback(); here && len(s.config.HTTP.ProxyFrom) == 0 {
		return metrics
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secret, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		who, err := s.console.access.Authenticate(r.Context(), secret, host)
		if err != nil || !who.Admin() {
			w.Header().Set("WWW-Authenticate", `Bearer realm="callout"`)
			http.Error(w, "metrics need a token with the role admin: Authorization: Bearer TOKEN (`callout token create`)", http.StatusUnauthorized)
			return
		}
		metrics.ServeHTTP(w, r)
	})
}

// ready says whether the server does all it should: 200, or 503 and why not.
func (s *server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.draining.Load() {
		http.Error(w, "not ready: shutting down", http.StatusServiceUnavailable)
		return
	}
	if err := s.behind.Err(); err != nil {
		http.Error(w, fmt.Sprintf("not ready: verdicts can't be stored: %v; answers go on from memory", err), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// registerStore shows how writing behind goes.
func registerStore(r prometheus.Registerer, b *store.Behind) {
	r.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "callout_store_pending", Help: "Verdicts that wait to be written to the store.",
		}, func() float64 { pending, _, _ := b.Stats(); return float64(pending) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "callout_store_dropped_total", Help: "Verdicts that were not stored because too many waited; they are in memory only.",
		}, func() float64 { _, dropped, _ := b.Stats(); return float64(dropped) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "callout_store_write_errors_total", Help: "Writes to the store that failed and were tried again.",
		}, func() float64 { _, _, failures := b.Stats(); return float64(failures) }),
	)
}
