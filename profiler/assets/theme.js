// The reader's choice of light or dark is in force before anything is drawn, so that no page flashes (see format.js).
try {
  const theme = localStorage.getItem("partita-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* Nothing is kept here: it is as the reader's system is. */ }
