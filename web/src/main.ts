import { mount } from "svelte";
import "./app/style.css";
import App from "./app/App.svelte";
import { theme, wear } from "./app/theme.svelte";
import { language, speak } from "./ui/messages.svelte";

wear(theme.is);
speak(language.is);
mount(App, { target: document.getElementById("app")! });
