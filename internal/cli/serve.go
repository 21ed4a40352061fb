package cli

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"callout/internal/config"
	"callout/internal/logline"
)

func (a *app) serveCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer front ends until SIGTERM; SIGHUP reloads the configuration",
		Args:  arguments(0, 0, ""),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.serve(path) },
	}
	configFlag(cmd, &path)
	return cmd
}

func (a *app) serve(path string) error {
	c, err := loadConfig(path)
	if err != nil {
		return err
	}
	// Signals are taken from here on, so that none kills a server that has begun to write.
	end, reload := make(chan os.Signal, 1), make(chan os.Signal, 1) // apart, so that a burst of one can't push out the other
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(end)
	defer signal.Stop(reload)
	log, level, flush := a.newLogger(c.Log)
	defer flush()
	s, err := newServer(context.Background(), c, log, level)
	if err != nil {
		return err
	}
	s.start()
	log.Info("serving", "version", Version, "domains", len(s.domains.All()), "config", path)
	for _, ln := range s.policyListeners {
		log.Info("listening", "front", "policy", "address", ln.Addr().String())
	}
	for _, ln := range s.gatewayListeners {
		log.Info("listening", "front", "gateway", "address", ln.Addr().String())
	}
	s.warnGateway()
	if s.httpListener != nil {
		log.Info("listening", "front", "http", "address", s.httpListener.Addr().String())
	}
	if c.Hostname == "localhost" {
		log.Warn("hostname is localhost, which destinations may refuse in EHLO; set hostname to a name that resolves to this machine", "config", path)
	}
	err = s.run(path, end, reload)
	s.shutdown()
	log.Info("stopped")
	return err
}

// run waits for what ends the server, and reloads meanwhile.
func (s *server) run(path string, end, reload <-chan os.Signal) error {
	for {
		select {
		case err := <-s.failed:
			s.log.Error("stopping", "err", err)
			return err
		case sig := <-end:
			s.log.Info("stopping", "signal", sig.String())
			return nil
		case <-reload:
			if len(end) > 0 {
				continue
			}
			c, err := loadConfig(path)
			if err == nil {
				err = s.reload(context.Background(), c)
			}
			if err != nil {
				for problem := range strings.SplitSeq(err.Error(), "\n") {
					s.log.Error("reload: the running configuration stays in force", "err", problem)
				}
				continue
			}
			s.log.Info("reloaded", "config", path, "domains", len(s.domains.All()))
		}
	}
}

// newLogger makes the logger of a server; its level can be changed. flush writes the end of the log.
func (a *app) newLogger(c config.Log) (log *slog.Logger, level *slog.LevelVar, flush func()) {
	level = new(slog.LevelVar)
	level.Set(c.Level)
	w := newLogWriter(a.err, c.Format == "json")
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})), level, w.Close
	}
	return slog.New(logline.NewTextHandler(w, level)), level, w.Close
}
