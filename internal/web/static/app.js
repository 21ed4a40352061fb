// What every page gains from script. Each works without: this file only makes them quicker.
'use strict';

// The words for times are those of words.go.
function about(seconds) {
  if (seconds < 60) return Math.floor(seconds) + ' s';
  if (seconds < 3600) return Math.floor(seconds / 60) + ' min';
  if (seconds < 48 * 3600) return Math.floor(seconds / 3600) + ' h';
  return Math.floor(seconds / 86400) + ' d';
}

function ago(time) {
  const seconds = (Date.now() - Date.parse(time)) / 1000;
  if (seconds >= 1) return about(seconds) + ' ago';
  return seconds > -1 ? 'now' : 'in ' + about(-seconds);
}

// setTime gives a <time> element another time.
function setTime(element, time) {
  element.dateTime = time;
  element.title = new Date(time).toISOString().slice(0, 19).replace('T', ' ') + ' UTC';
  element.textContent = element.hasAttribute('data-clock') ? element.title.slice(11, 19) : ago(time);
}

function refreshTimes() {
  if (document.hidden) return;
  for (const element of document.querySelectorAll('time[data-ago]')) {
    const words = ago(element.dateTime);
    if (element.textContent !== words) element.textContent = words;
  }
}

// "/" goes to the search box, unless one is typing.
function searchKey(event) {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest('input, textarea, select, [contenteditable]')) return;
  const box = document.querySelector('[data-search]');
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
}

// Checkboxes: <input type=checkbox data-all> ticks the others of its form, [data-selected] says how many are,
// buttons with data-needs-selection wait for one.
function countTicks(form) {
  const all = form.querySelector('[data-all]');
  if (!all) return;
  const boxes = [...form.querySelectorAll('input[type=checkbox][name]:not([data-apart])')];
  const n = boxes.filter((box) => box.checked).length;
  all.checked = n > 0 && n === boxes.length;
  all.indeterminate = n > 0 && n < boxes.length;
  for (const place of form.querySelectorAll('[data-selected]')) place.textContent = n + ' selected';
  for (const button of form.querySelectorAll('[data-needs-selection]')) button.disabled = n === 0;
}

function tick(event) {
  const form = event.target.form;
  if (!form || event.target.type !== 'checkbox') return;
  if (event.target.hasAttribute('data-all')) {
    for (const box of form.querySelectorAll('input[type=checkbox][name]:not([data-apart])')) box.checked = event.target.checked;
  }
  countTicks(form);
}

// <code data-copy> gets a button that copies it.
function offerCopy(code) {
  if (!navigator.clipboard || code.nextElementSibling?.matches('[data-copies]')) return;
  const button = document.createElement('button');
  button.type = 'button';
  button.setAttribute('data-copies', '');
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Select it and copy by hand';
    }
  });
  code.after(button);
}

// ready wires what is there, and what a list that was fetched in place brought.
function ready(root) {
  for (const form of document.forms) countTicks(form);
  for (const code of root.querySelectorAll('[data-copy]')) offerCopy(code);
}

document.documentElement.classList.add('js');
document.addEventListener('keydown', searchKey);
document.addEventListener('change', tick);
document.addEventListener('htmx:after:swap', () => ready(document));
// A list that can't be fetched in place is gone to as a page, which says why.
document.addEventListener('htmx:response:error', (event) => {
  const action = event.detail?.ctx?.request?.action;
  if (action) location.assign(action);
});
// Fields that are empty need not be in the URL.
document.addEventListener('htmx:config:request', (event) => {
  const body = event.detail.ctx.request.body;
  if (!(body instanceof FormData)) return;
  for (const [name, value] of [...body]) if (value === '') body.delete(name);
});
document.addEventListener('visibilitychange', refreshTimes);
setInterval(refreshTimes, 30000);
ready(document);
