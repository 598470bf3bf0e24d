import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Permission, Session } from '../api/shapes';

export const SessionContext = createContext<Session>({ signedIn: false });

/** Whether the key that is signed in has a scope. The service decides by itself; this is for what the page offers. */
export function useMay(permission: Permission): boolean {
  return useContext(SessionContext).permissions?.includes(permission) ?? false;
}
