package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"callout/internal/api"
	"callout/internal/config"
)

// adminSocket is the admin socket's name in data_dir.
const adminSocket = "callout.sock"

// clientTimeout bounds one request to a running server.
const clientTimeout = 30 * time.Second

// client talks to a running server over its admin socket.
type client struct {
	socket string
	http   http.Client
}

// dialServer returns a client for the server that runs with a configuration file. Of the file only data_dir is needed, so
// what else is wrong with it, or with what it names, is no matter.
func dialServer(configPath string) (*client, error) {
	dir, ok := config.DataDir(configPath)
	if !ok {
		c, err := loadConfig(configPath)
		if err != nil {
			return nil, err
		}
		dir = c.DataDir
	}
	return newClient(filepath.Join(dir, adminSocket)), nil
}

func newClient(socket string) *client {
	var d net.Dialer
	// The API redirects only where a path is not what it seems, "..": that would be another operation.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{socket: socket, http: http.Client{Timeout: clientTimeout, CheckRedirect: stay, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", socket) },
	}}}
}

// do makes a request and reads its answer into out, which may be nil.
func (c *client) do(ctx context.Context, method, path string, body, out any) error {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://callout/api/v1/"+path, r)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.unreachable(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		p := &api.Problem{Status: resp.StatusCode}
		if json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(p) != nil || p.Detail == "" {
			return fmt.Errorf("the server on %s answered %s", c.socket, resp.Status)
		}
		if p.Status == http.StatusBadRequest || p.Status == http.StatusUnprocessableEntity {
			return &statusError{exitUsage, p}
		}
		return p
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("the server on %s: reading its answer: %w", c.socket, err)
	}
	return nil
}

// unreachable words why no server answered.
func (c *client) unreachable(err error) error {
	var op *net.OpError
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("the server on %s does not let you in; run this as root, or as the server's user", c.socket)
	}
	if errors.As(err, &op) && op.Op == "dial" {
		return fmt.Errorf("no server answers on %s (%v); start `callout serve`, or name its configuration with -c", c.socket, op.Err)
	}
	return fmt.Errorf("the server on %s: %w", c.socket, err)
}
