// Elements without markup strings: text stays text.

export const byId = (id) => document.getElementById(id);

// el("p", {class: "note"}, "words", child, null)
export const el = (tag, attributes, ...children) =>
  filled(document.createElement(tag), attributes, children);

// The same for a picture's parts.
export const drawing = (tag, attributes, ...children) =>
  filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

function filled(element, attributes = {}, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export const icon = (name) => el("i", { class: `icon ${name}`, "aria-hidden": "true" });
