package cli

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

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

// pages is what the HTTP listener serves.
func (s *server) pages(r *prometheus.Registry) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "callout %s\n\n/metrics  Prometheus metrics\n/healthz  200 while the process runs\n/readyz   200 while questions are answered and verdicts are stored\n", Version)
	})
	return mux
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
