# A desktop: shows no notification, and tells of each as a line of JSON. Lines that it reads: press ID ACTION, close ID.
import json
import sys

from gi.repository import Gio, GLib

INTERFACE = """<node><interface name="org.freedesktop.Notifications">
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/>
    <arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
    <arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/>
  </method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
  <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface></node>"""
NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"

shown = 0


def tell(event, **of):
    print(json.dumps({"event": event, **of}), flush=True)


def answer(bus, sender, path, interface, method, words, call):
    global shown
    words = words.unpack()
    if method == "Notify":
        shown += 1
        app, _replaces, _icon, summary, body, actions, hints, expires = words
        call.return_value(GLib.Variant("(u)", (shown,)))
        tell("shown", id=shown, app=app, summary=summary, body=body, actions=actions,
             urgency=hints.get("urgency"), expires=expires)
        of = shown
        Gio.bus_watch_name_on_connection(bus, sender, 0, None, lambda *_: tell("left", id=of))
    elif method == "CloseNotification":
        call.return_value(None)
        tell("taken away", id=words[0])
    elif method == "GetCapabilities":
        call.return_value(GLib.Variant("(as)", (["actions", "body", "body-markup"],)))
    else:
        call.return_value(GLib.Variant("(ssss)", ("desktop", "test", "1", "1.2")))


def obey(stream, _condition, bus):
    words = stream.readline().split()
    if not words:
        loop.quit()
        return False
    of = int(words[1])
    if words[0] == "press":
        bus.emit_signal(None, PATH, NAME, "ActionInvoked", GLib.Variant("(us)", (of, words[2])))
    # As desktops do after an action too; 2 is that somebody has closed it.
    bus.emit_signal(None, PATH, NAME, "NotificationClosed", GLib.Variant("(uu)", (of, 2)))
    return True


def begin(bus, _name):
    bus.register_object(PATH, Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0], answer, None, None)
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP, obey, bus)


loop = GLib.MainLoop()
Gio.bus_own_name(Gio.BusType.SESSION, NAME, 0, begin, lambda *_: tell("ready"), lambda *_: loop.quit())
loop.run()
