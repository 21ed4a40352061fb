package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"callout/internal/config"
)

// listen opens a listener of the configuration. An error is of the configuration: it names the place and the mend.
func listen(l config.Listen, key string) (net.Listener, error) {
	var ln net.Listener
	var err error
	if l.Network == "unix" {
		ln, err = listenUnix(l.Address, l.Mode, l.Group)
	} else {
		ln, err = net.Listen(l.Network, l.Address)
	}
	if err == nil {
		return ln, nil
	}
	what := plainListenError(err)
	where := key
	if l.Where.Line > 0 {
		where = l.Where.String() + ": " + key
	}
	return nil, &statusError{exitUsage, fmt.Errorf("%s: %s: %s", where, l, what)}
}

// plainListenError says why a listener could not be opened, and the mend.
func plainListenError(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program listens there; stop it, or choose another address"
	case errors.Is(err, syscall.EACCES):
		return "permission denied; choose a port above 1023, or start as root or with CAP_NET_BIND_SERVICE"
	case errors.Is(err, errGroup):
		return err.Error()
	case errors.Is(err, syscall.ENOENT):
		return "there is no such folder; create it"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "this machine has no such address; choose one that it has"
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return err.Error()
}

// listenUnix listens on a unix socket with a mode and, where group is set, that group. A socket that nobody
// listens on is replaced.
func listenUnix(path string, mode fs.FileMode, group string) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil {
		if info.Mode().Type() != fs.ModeSocket {
			return nil, fmt.Errorf("%s is there and is no socket; remove it, or choose another path", path)
		}
		if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
			conn.Close()
			return nil, fmt.Errorf("%s: %w", path, syscall.EADDRINUSE)
		}
		os.Remove(path)
	}
	gid := -1
	if group != "" {
		var err error
		if gid, err = groupID(group); err != nil {
			return nil, err
		}
	}
	// Until it has its mode nobody but us may connect.
	old := unix.Umask(0o177)
	ln, err := net.Listen("unix", path)
	unix.Umask(old)
	if err != nil {
		return nil, err
	}
	if gid >= 0 {
		if err = os.Chown(path, -1, gid); err != nil {
			err = fmt.Errorf("%w %s; run as root or as a member of it (SupplementaryGroups= in a systemd unit)", errGroup, group)
		}
	}
	if err == nil {
		err = os.Chmod(path, mode)
	}
	if err != nil {
		ln.Close()
		return nil, err
	}
	return ln, nil
}

var errGroup = errors.New("the socket can't be given to group")

func groupID(name string) (int, error) {
	g, err := user.LookupGroup(name)
	if err != nil {
		return 0, fmt.Errorf("there is no group %s; create it, or name another", name)
	}
	return strconv.Atoi(g.Gid)
}

// lockDir makes sure that no other server uses a data directory. The lock ends with the file or the process.
func lockDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, "callout.lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data_dir %s: %w; give it to the user that runs callout, or name another", dir, plainPathError(err))
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("data_dir %s: another callout runs with it; stop that one, or name another data_dir", dir)
	}
	return f, nil
}

// plainPathError leaves the operation and the path out of an error, where the message has them already.
func plainPathError(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
