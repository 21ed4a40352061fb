package web

// pauseAll begins a pause of everything.
func (v *visit) pauseAll() error {
	if err := v.form(); err != nil {
		return err
	}
	p, err := v.desk.Pause(v.ctx(), v.who, "", v.r.PostForm.Get("length"))
	if err != nil {
		return err
	}
	if p.Until.IsZero() {
		return v.done(DoneAllPaused, 0, "/")
	}
	return v.done(DoneAllPausedUntil, int(p.Until.Unix()), "/")
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
