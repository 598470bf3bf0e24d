/** A run that cannot be made as asked; the message is for the user and needs no stack. */
export class RefusedRun extends Error {}
