package web

import "callout/internal/operate"

// pauseAll begins a pause of everything.
func (v *visit) pauseAll() error {
	if err := v.form(); err != nil {
		return err
	}
	p, err := v.pause("")
	if err != nil {
		return err
	}
	if p.Until.IsZero() {
		return v.done(DoneAllPaused, 0, "/")
	}
	return v.done(DoneAllPausedUntil, int(p.Until.Unix()), "/")
}

// pause pauses a domain, or "" for everything, for as long as the form says, which may be for ever and has to be said.
func (v *visit) pause(domain string) (operate.Pause, error) {
	length, ok := v.r.PostForm["length"]
	if !ok {
		return operate.Pause{}, &operate.Error{Kind: operate.Unusable, Field: "length", Detail: "for how long is missing; choose a time, or until it is resumed"}
	}
	return v.desk.Pause(v.ctx(), v.who, domain, length[0])
}

// back is the page of this server that a form says to come back to, or another where it says none.
func (v *visit) back(otherwise string) string {
	if to := v.r.PostForm.Get("back"); to != "" {
		return local(to)
	}
	return otherwise
}

// resumeAll ends the pause of everything. Pauses of single domains go on.
func (v *visit) resumeAll() error {
	if err := v.form(); err != nil {
		return err
	}
	ended, err := v.desk.Resume(v.ctx(), v.who, "")
	if err != nil {
		return err
	}
	back := v.back("/")
	switch n := len(ended.StillPaused); {
	case !ended.WasPaused:
		return v.done(DoneNotPaused, 0, back)
	case n > 0:
		return v.done(DoneResumedAllBut, n, back)
	}
	return v.done(DoneResumed, 0, back)
}
