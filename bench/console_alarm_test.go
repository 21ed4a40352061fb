package bench

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// alarm wakes a client when its time has come, within some 50 us. A sleep of Go's lasts up to a millisecond too long,
// and ends at once for all whose time has come by then: what they ask would come in bursts.
type alarm struct {
	fd    int
	timer *os.File // of it
}

func newAlarm() (alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return alarm{}, os.NewSyscallError("timerfd_create", err)
	}
	return alarm{fd, os.NewFile(uintptr(fd), "timer")}, nil
}

func (a alarm) close() { a.timer.Close() }

// sleep returns when a time has come, at once when it has come already.
func (a alarm) sleep(until time.Time) error {
	left := time.Until(until)
	if left <= 0 {
		return nil
	}
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(left.Nanoseconds())}
	if err := unix.TimerfdSettime(a.fd, 0, &spec, nil); err != nil {
		return os.NewSyscallError("timerfd_settime", err)
	}
	var count [8]byte
	_, err := a.timer.Read(count[:])
	return err
}
